"""Contains all the data models used in inputs/outputs"""

from .account_change import AccountChange
from .account_state import AccountState
from .accounts import Accounts
from .acknowledgment_answer import AcknowledgmentAnswer
from .acknowledgments import Acknowledgments
from .activation_at_outlet import ActivationAtOutlet
from .adjustment_answer import AdjustmentAnswer
from .adjustment_answer_direction import AdjustmentAnswerDirection
from .adjustment_answer_state import AdjustmentAnswerState
from .adjustments import Adjustments
from .applications import Applications
from .audit_entries import AuditEntries
from .audit_entry import AuditEntry
from .authorisation import Authorisation
from .authorisation_relation import AuthorisationRelation
from .batch_head import BatchHead
from .batch_step import BatchStep
from .booking_step import BookingStep
from .break_answer import BreakAnswer
from .break_answer_kind import BreakAnswerKind
from .break_answer_state import BreakAnswerState
from .breaks import Breaks
from .call_service_body import CallServiceBody
from .call_service_response_200 import CallServiceResponse200
from .call_service_response_200_output import CallServiceResponse200Output
from .card import Card
from .card_answer import CardAnswer
from .card_body import CardBody
from .card_body_medium import CardBodyMedium
from .card_cert_type_type_0 import CardCertTypeType0
from .card_standing import CardStanding
from .change import Change
from .change_account_event import ChangeAccountEvent
from .change_personal_status_type_0 import ChangePersonalStatusType0
from .code import Code
from .day_answer import DayAnswer
from .day_answer_state import DayAnswerState
from .day_step import DayStep
from .day_step_state import DayStepState
from .dead_letter import DeadLetter
from .dead_letter_act import DeadLetterAct
from .dead_letter_act_act import DeadLetterActAct
from .dead_letter_content import DeadLetterContent
from .dead_letter_header import DeadLetterHeader
from .dead_letter_state import DeadLetterState
from .dead_letters import DeadLetters
from .dead_letters_done import DeadLettersDone
from .dead_letters_done_reads_as import DeadLettersDoneReadsAs
from .dead_letters_open_by_code import DeadLettersOpenByCode
from .debit_account import DebitAccount
from .debit_application import DebitApplication
from .debit_application_action import DebitApplicationAction
from .deed import Deed
from .difference_answer import DifferenceAnswer
from .discard_reason import DiscardReason
from .discards import Discards
from .entitlement_answer import EntitlementAnswer
from .entitlement_answer_service import EntitlementAnswerService
from .entitlements import Entitlements
from .entitlements_insurances import EntitlementsInsurances
from .entries import Entries
from .entry_answer import EntryAnswer
from .entry_answer_part import EntryAnswerPart
from .event_answer import EventAnswer
from .evidence import Evidence
from .feed_event import FeedEvent
from .feed_page import FeedPage
from .file_answer import FileAnswer
from .file_answer_state import FileAnswerState
from .file_step import FileStep
from .grant_answer import GrantAnswer
from .grants import Grants
from .health import Health
from .held_answer import HeldAnswer
from .held_answer_reason import HeldAnswerReason
from .insurance_payment import InsurancePayment
from .insurance_payment_insurance import InsurancePaymentInsurance
from .issue import Issue
from .issue_kind import IssueKind
from .issue_medium import IssueMedium
from .kept_insurance import KeptInsurance
from .kept_insurance_insurance import KeptInsuranceInsurance
from .kept_insurance_state import KeptInsuranceState
from .kept_pension_account import KeptPensionAccount
from .ledger_sums import LedgerSums
from .letter_left import LetterLeft
from .line_step import LineStep
from .list_breaks_kind_type_0 import ListBreaksKindType0
from .list_breaks_state_type_0 import ListBreaksStateType0
from .list_dead_letters_state_type_0 import ListDeadLettersStateType0
from .list_reconciliations_state_type_0 import ListReconciliationsStateType0
from .list_transactions_kind_type_0_item import ListTransactionsKindType0Item
from .list_transactions_order import ListTransactionsOrder
from .list_transactions_status_type_0_item import ListTransactionsStatusType0Item
from .loss import Loss
from .loss_kind import LossKind
from .message import Message
from .message_direction_type_0 import MessageDirectionType0
from .message_kind import MessageKind
from .message_metadata_type_0 import MessageMetadataType0
from .message_short_balance import MessageShortBalance
from .message_step import MessageStep
from .message_visit_type_0 import MessageVisitType0
from .movement import Movement
from .named_card import NamedCard
from .new_insurance_payment import NewInsurancePayment
from .new_insurance_payment_insurance import NewInsurancePaymentInsurance
from .new_insurance_relation import NewInsuranceRelation
from .new_insurance_relation_state import NewInsuranceRelationState
from .new_pension_account import NewPensionAccount
from .new_qualification import NewQualification
from .new_work_injury import NewWorkInjury
from .new_work_injury_kind import NewWorkInjuryKind
from .note import Note
from .open_break_answer import OpenBreakAnswer
from .open_break_answer_kind import OpenBreakAnswerKind
from .open_break_answer_state import OpenBreakAnswerState
from .open_breaks import OpenBreaks
from .order import Order
from .original import Original
from .outcome import Outcome
from .outcome_metadata_type_0 import OutcomeMetadataType0
from .outcome_status import OutcomeStatus
from .part import Part
from .part_part_type_0 import PartPartType0
from .part_source import PartSource
from .pension_account import PensionAccount
from .person import Person
from .person_gender_type_0 import PersonGenderType0
from .person_personal_status_type_0 import PersonPersonalStatusType0
from .personal_account import PersonalAccount
from .position_answer import PositionAnswer
from .position_answer_held_type_0 import PositionAnswerHeldType0
from .position_step import PositionStep
from .position_step_held_type_0 import PositionStepHeldType0
from .positions import Positions
from .preview_answer import PreviewAnswer
from .problem import Problem
from .problem_place import ProblemPlace
from .proposal import Proposal
from .proposal_direction import ProposalDirection
from .published_key import PublishedKey
from .published_key_algorithm import PublishedKeyAlgorithm
from .published_keys import PublishedKeys
from .qualification import Qualification
from .read_entries_order import ReadEntriesOrder
from .receipt import Receipt
from .receipt_format import ReceiptFormat
from .receipt_version import ReceiptVersion
from .reconcile_details_clearing_type import ReconcileDetailsClearingType
from .recorded import Recorded
from .records import Records
from .refused_line import RefusedLine
from .refused_lines import RefusedLines
from .registration import Registration
from .registration_gender_type_0 import RegistrationGenderType0
from .registration_personal_status_type_0 import RegistrationPersonalStatusType0
from .replacement import Replacement
from .replacement_reason import ReplacementReason
from .replay_note import ReplayNote
from .replays import Replays
from .result_step import ResultStep
from .result_step_outcome import ResultStepOutcome
from .row_counts import RowCounts
from .run_answer import RunAnswer
from .run_answer_kind import RunAnswerKind
from .run_answer_state import RunAnswerState
from .runs import Runs
from .search import Search
from .set_insurance_insurance import SetInsuranceInsurance
from .settlement_file import SettlementFile
from .settlement_file_kind import SettlementFileKind
from .settlement_files import SettlementFiles
from .signature import Signature
from .signature_algorithm import SignatureAlgorithm
from .standing import Standing
from .stated_sums import StatedSums
from .totals_answer import TotalsAnswer
from .totals_request import TotalsRequest
from .totals_request_clearing_type import TotalsRequestClearingType
from .trace import Trace
from .trace_stage import TraceStage
from .transaction_page import TransactionPage
from .unlocking import Unlocking
from .verification_answer import VerificationAnswer
from .verification_request import VerificationRequest
from .verification_request_service import VerificationRequestService
from .verifications import Verifications
from .work_injury import WorkInjury
from .work_injury_kind import WorkInjuryKind

__all__ = (
    "AccountChange",
    "Accounts",
    "AccountState",
    "AcknowledgmentAnswer",
    "Acknowledgments",
    "ActivationAtOutlet",
    "AdjustmentAnswer",
    "AdjustmentAnswerDirection",
    "AdjustmentAnswerState",
    "Adjustments",
    "Applications",
    "AuditEntries",
    "AuditEntry",
    "Authorisation",
    "AuthorisationRelation",
    "BatchHead",
    "BatchStep",
    "BookingStep",
    "BreakAnswer",
    "BreakAnswerKind",
    "BreakAnswerState",
    "Breaks",
    "CallServiceBody",
    "CallServiceResponse200",
    "CallServiceResponse200Output",
    "Card",
    "CardAnswer",
    "CardBody",
    "CardBodyMedium",
    "CardCertTypeType0",
    "CardStanding",
    "Change",
    "ChangeAccountEvent",
    "ChangePersonalStatusType0",
    "Code",
    "DayAnswer",
    "DayAnswerState",
    "DayStep",
    "DayStepState",
    "DeadLetter",
    "DeadLetterAct",
    "DeadLetterActAct",
    "DeadLetterContent",
    "DeadLetterHeader",
    "DeadLetters",
    "DeadLettersDone",
    "DeadLettersDoneReadsAs",
    "DeadLettersOpenByCode",
    "DeadLetterState",
    "DebitAccount",
    "DebitApplication",
    "DebitApplicationAction",
    "Deed",
    "DifferenceAnswer",
    "DiscardReason",
    "Discards",
    "EntitlementAnswer",
    "EntitlementAnswerService",
    "Entitlements",
    "EntitlementsInsurances",
    "Entries",
    "EntryAnswer",
    "EntryAnswerPart",
    "EventAnswer",
    "Evidence",
    "FeedEvent",
    "FeedPage",
    "FileAnswer",
    "FileAnswerState",
    "FileStep",
    "GrantAnswer",
    "Grants",
    "Health",
    "HeldAnswer",
    "HeldAnswerReason",
    "InsurancePayment",
    "InsurancePaymentInsurance",
    "Issue",
    "IssueKind",
    "IssueMedium",
    "KeptInsurance",
    "KeptInsuranceInsurance",
    "KeptInsuranceState",
    "KeptPensionAccount",
    "LedgerSums",
    "LetterLeft",
    "LineStep",
    "ListBreaksKindType0",
    "ListBreaksStateType0",
    "ListDeadLettersStateType0",
    "ListReconciliationsStateType0",
    "ListTransactionsKindType0Item",
    "ListTransactionsOrder",
    "ListTransactionsStatusType0Item",
    "Loss",
    "LossKind",
    "Message",
    "MessageDirectionType0",
    "MessageKind",
    "MessageMetadataType0",
    "MessageShortBalance",
    "MessageStep",
    "MessageVisitType0",
    "Movement",
    "NamedCard",
    "NewInsurancePayment",
    "NewInsurancePaymentInsurance",
    "NewInsuranceRelation",
    "NewInsuranceRelationState",
    "NewPensionAccount",
    "NewQualification",
    "NewWorkInjury",
    "NewWorkInjuryKind",
    "Note",
    "OpenBreakAnswer",
    "OpenBreakAnswerKind",
    "OpenBreakAnswerState",
    "OpenBreaks",
    "Order",
    "Original",
    "Outcome",
    "OutcomeMetadataType0",
    "OutcomeStatus",
    "Part",
    "PartPartType0",
    "PartSource",
    "PensionAccount",
    "Person",
    "PersonalAccount",
    "PersonGenderType0",
    "PersonPersonalStatusType0",
    "PositionAnswer",
    "PositionAnswerHeldType0",
    "Positions",
    "PositionStep",
    "PositionStepHeldType0",
    "PreviewAnswer",
    "Problem",
    "ProblemPlace",
    "Proposal",
    "ProposalDirection",
    "PublishedKey",
    "PublishedKeyAlgorithm",
    "PublishedKeys",
    "Qualification",
    "ReadEntriesOrder",
    "Receipt",
    "ReceiptFormat",
    "ReceiptVersion",
    "ReconcileDetailsClearingType",
    "Recorded",
    "Records",
    "RefusedLine",
    "RefusedLines",
    "Registration",
    "RegistrationGenderType0",
    "RegistrationPersonalStatusType0",
    "Replacement",
    "ReplacementReason",
    "ReplayNote",
    "Replays",
    "ResultStep",
    "ResultStepOutcome",
    "RowCounts",
    "RunAnswer",
    "RunAnswerKind",
    "RunAnswerState",
    "Runs",
    "Search",
    "SetInsuranceInsurance",
    "SettlementFile",
    "SettlementFileKind",
    "SettlementFiles",
    "Signature",
    "SignatureAlgorithm",
    "Standing",
    "StatedSums",
    "TotalsAnswer",
    "TotalsRequest",
    "TotalsRequestClearingType",
    "Trace",
    "TraceStage",
    "TransactionPage",
    "Unlocking",
    "VerificationAnswer",
    "VerificationRequest",
    "VerificationRequestService",
    "Verifications",
    "WorkInjury",
    "WorkInjuryKind",
)
