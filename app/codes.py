"""The one catalogue of codes: outcomes, refused requests and dead letters; each says what the sender should do.

`docs/contract/errors.md` is written from it and compared in a test.
"""

from enum import StrEnum
from typing import NamedTuple


class Code(StrEnum):
    OK = "ok"
    # Declines: the message is good, the money does not move. Recorded and final.
    INSUFFICIENT_FUNDS = "insufficient_funds"
    PERSON_UNKNOWN = "person_unknown"
    ACCOUNT_FROZEN = "account_frozen"
    ACCOUNT_CLOSED = "account_closed"
    CARD_UNKNOWN = "card_unknown"
    CARD_OF_ANOTHER_PERSON = "card_of_another_person"
    CARD_SN_MISMATCH = "card_sn_mismatch"
    CARD_NOT_ACTIVE = "card_not_active"
    CARD_LOST = "card_lost"
    CARD_PIN_LOCKED = "card_pin_locked"
    CARD_REPLACED = "card_replaced"
    CARD_CANCELLED = "card_cancelled"
    CARD_EXPIRED = "card_expired"
    ACCOUNT_DORMANT = "account_dormant"
    REGISTRATION_AT_PHARMACY = "registration_at_pharmacy"
    OLD_CARD_AT_HOSPITAL = "old_card_at_hospital"
    OLD_CARD_UNKNOWN = "old_card_unknown"
    OLD_CARD_OF_ANOTHER_PERSON = "old_card_of_another_person"
    OLD_CARD_NOT_USABLE = "old_card_not_usable"
    INSURANCE_SUSPENDED = "insurance_suspended"
    MED_TYPE_NOT_PAYABLE = "med_type_not_payable"
    DAILY_CAP_REACHED = "daily_cap_reached"
    AUTHORIZATION_AT_PHARMACY = "authorization_at_pharmacy"
    EXPIRY_INVALID = "expiry_invalid"
    CAPTURE_EXCEEDS_HOLD = "capture_exceeds_hold"
    HOLD_CAPTURED = "hold_captured"
    HOLD_VOIDED = "hold_voided"
    HOLD_EXPIRED = "hold_expired"
    ORIGINAL_NOT_FOUND = "original_not_found"
    ORIGINAL_OF_ANOTHER_PERSON = "original_of_another_person"
    ORIGINAL_NOT_AN_AUTHORIZATION = "original_not_an_authorization"
    ORIGINAL_NOT_SETTLED = "original_not_settled"
    NOT_REFUNDABLE = "not_refundable"
    ALREADY_REFUNDED = "already_refunded"
    REFUND_EXCEEDS_ORIGINAL = "refund_exceeds_original"
    PARTIAL_REFUND_NOT_ALLOWED = "partial_refund_not_allowed"
    REFUND_TOO_LATE = "refund_too_late"
    NOT_REVERSIBLE = "not_reversible"
    ALREADY_REVERSED = "already_reversed"
    NOTHING_TO_REVERSE = "nothing_to_reverse"
    REVERSED_BEFORE_ARRIVAL = "reversed_before_arrival"
    DEBIT_APPLICATION_OFF = "debit_application_off"
    PAYEE_CARD_UNKNOWN = "payee_card_unknown"
    PAYEE_CARD_NOT_USABLE = "payee_card_not_usable"
    PAYEE_IS_PAYER = "payee_is_payer"
    # Rejections of a well-formed message. Recorded and final.
    INSTITUTION_UNKNOWN = "institution_unknown"
    INSTITUTION_BLOCKED = "institution_blocked"
    # Same institution and message id, other content. The first outcome stands.
    MESSAGE_CONFLICT = "message_conflict"
    # Malformed messages. Nothing is recorded: mend and send again, under the same message id if you like.
    INVALID_JSON = "invalid_json"
    DUPLICATE_KEY = "duplicate_key"
    INVALID_FIELD = "invalid_field"
    INVALID_AMOUNT = "invalid_amount"
    KIND_UNKNOWN = "kind_unknown"
    CARD_MISSING = "card_missing"
    MESSAGE_KEY_MISSING = "message_key_missing"
    MESSAGE_TOO_LARGE = "message_too_large"
    IDEMPOTENCY_KEY_INVALID = "idempotency_key_invalid"
    IDEMPOTENCY_KEY_MISMATCH = "idempotency_key_mismatch"
    # Refusals of what the agency asks for people, cards and money. Nothing was changed.
    PERSON_EXISTS = "person_exists"
    CITIZEN_NO_INVALID = "citizen_no_invalid"
    CITIZEN_NO_TAKEN = "citizen_no_taken"
    IDENTITY_MISMATCH = "identity_mismatch"
    ENCRYPTION_KEYS_MISSING = "encryption_keys_missing"
    CARD_EXISTS = "card_exists"
    WRONG_BANK = "wrong_bank"
    ILLEGAL_TRANSITION = "illegal_transition"
    CREDIT_NOT_SUPPORTED = "credit_not_supported"
    GRANT_EXISTS = "grant_exists"
    GRANT_UNKNOWN = "grant_unknown"
    FILE_INVALID = "file_invalid"
    FILE_CONFLICT = "file_conflict"
    FILE_UNKNOWN = "file_unknown"
    # Of settlement files.
    FILE_NOT_SIGNED = "file_not_signed"
    RANGE_NOT_SATISFIABLE = "range_not_satisfiable"
    # Refusals of what an institution uploads to be reconciled. Nothing of it was kept.
    ARCHIVE_INVALID = "archive_invalid"
    ARCHIVE_TOO_LARGE = "archive_too_large"
    FILE_ENCODING_INVALID = "file_encoding_invalid"
    FILE_COLUMNS_INVALID = "file_columns_invalid"
    FILE_ROW_INVALID = "file_row_invalid"
    FILE_ROW_REPEATED = "file_row_repeated"
    UPLOAD_UNKNOWN = "upload_unknown"
    # Of reconciliations and their breaks. The last two are why one failed.
    RECONCILIATION_UNKNOWN = "reconciliation_unknown"
    RECONCILIATION_NOT_DONE = "reconciliation_not_done"
    BREAK_UNKNOWN = "break_unknown"
    BREAK_CLOSED = "break_closed"
    UPLOAD_LOST = "upload_lost"
    RECONCILIATION_FAILED = "reconciliation_failed"
    # Refusals of corrections by hand.
    ADJUSTMENT_UNKNOWN = "adjustment_unknown"
    ADJUSTMENT_DECIDED = "adjustment_decided"
    SAME_CLERK = "same_clerk"
    RECORD_EXISTS = "record_exists"
    # Refusals of the national interface. Nothing was done.
    INFNO_UNKNOWN = "infno_unknown"
    INFNO_NOT_OFFERED = "infno_not_offered"
    SIGNATURE_INVALID = "signature_invalid"
    SIGN_ON_UNKNOWN = "sign_on_unknown"
    VISIT_UNKNOWN = "visit_unknown"
    VISIT_EXISTS = "visit_exists"
    VISIT_ENDED = "visit_ended"
    VOUCHER_NOT_RESOLVED = "voucher_not_resolved"
    # Who calls may not do this. Nothing was done.
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_YOURS = "not_yours"
    CARD_NOT_PRESENTED = "card_not_presented"
    RATE_LIMITED = "rate_limited"
    PRODUCER_UNPROVEN = "producer_unproven"
    # Answers of the service itself.
    BATCH_INVALID = "batch_invalid"
    TRANSACTION_NOT_FOUND = "transaction_not_found"
    REFUSED_BY_DATABASE = "refused_by_database"
    BODY_INCOMPLETE = "body_incomplete"
    OVERLOADED = "overloaded"
    DATABASE_UNAVAILABLE = "database_unavailable"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    INTERNAL_ERROR = "internal_error"
    SIGNING_KEY_MISSING = "signing_key_missing"
    IDENTITY_PROVIDER_AWAY = "identity_provider_away"
    # What operators ask about dead letters. Nothing was done.
    DEAD_LETTER_UNKNOWN = "dead_letter_unknown"
    DEAD_LETTER_CLOSED = "dead_letter_closed"
    DEAD_LETTER_INCOMPLETE = "dead_letter_incomplete"
    KAFKA_UNAVAILABLE = "kafka_unavailable"
    # Clearing.
    DAY_UNKNOWN = "day_unknown"
    DAY_NOT_OVER = "day_not_over"
    DAY_OUT_OF_ORDER = "day_out_of_order"
    DAY_NOT_SEALED = "day_not_sealed"
    FILE_ACKNOWLEDGED = "file_acknowledged"
    BANK_NOT_TOLD = "bank_not_told"
    JOURNAL_BROKEN = "journal_broken"
    # Refusals of what a bank says of a payment file. Nothing of it was taken; it is kept with the reason.
    ACKNOWLEDGMENT_INVALID = "acknowledgment_invalid"
    ACKNOWLEDGMENT_TOO_LARGE = "acknowledgment_too_large"
    ACKNOWLEDGMENT_OF_ANOTHER_FILE = "acknowledgment_of_another_file"
    ACKNOWLEDGMENT_SUMS_DIFFER = "acknowledgment_sums_differ"
    FILE_SUPERSEDED = "file_superseded"
    NOT_A_PAYMENT_FILE = "not_a_payment_file"
    LINE_UNKNOWN = "line_unknown"
    LINE_REPEATED = "line_repeated"
    LINE_DIFFERS = "line_differs"
    LINE_ALREADY_FAILED = "line_already_failed"
    RECEIPT_UNAVAILABLE = "receipt_unavailable"


class Entry(NamedTuple):
    meaning: str
    remedy: str


CATALOGUE: dict[Code, Entry] = {
    Code.OK: Entry("Settled, held or reversed.", "Take `cash_due` from the person; after a refund hand it over."),
    Code.INSUFFICIENT_FUNDS: Entry(
        "The account does not hold the whole amount and the message asked for all or nothing.",
        "Take cash, or send a new message with `short_balance: split`.",
    ),
    Code.PERSON_UNKNOWN: Entry(
        "No insured person has this `person_no`.", "Query the person (1101) and send a new message."
    ),
    Code.ACCOUNT_FROZEN: Entry("The person's account is frozen.", "Take cash; the person asks the insurance agency."),
    Code.ACCOUNT_CLOSED: Entry("The person's account is closed.", "Take cash; the person asks the insurance agency."),
    Code.CARD_UNKNOWN: Entry("No card has this `card_no`.", "Read the card again."),
    Code.CARD_OF_ANOTHER_PERSON: Entry(
        "The card belongs to another person than `person_no`.", "Read the card again; check who presents it."
    ),
    Code.CARD_SN_MISMATCH: Entry(
        "`card_sn` is not the identification code of this card.",
        "Read the card again; it may be an older one.",
    ),
    Code.CARD_NOT_ACTIVE: Entry(
        "The social security application of the card is not activated.",
        "Activate it at a bank outlet, by a registration at a hospital, or at a pharmacy.",
    ),
    Code.CARD_LOST: Entry("The card is reported lost.", "Keep the card; the holder lifts the loss or replaces it."),
    Code.CARD_PIN_LOCKED: Entry("The card's PIN is locked.", "The holder resets the PIN at a bank outlet."),
    Code.CARD_REPLACED: Entry("The card was replaced by a newer one.", "Use the newer card."),
    Code.CARD_CANCELLED: Entry("The card was cancelled.", "Take cash; the holder applies for a card."),
    Code.CARD_EXPIRED: Entry("The card's validity has passed.", "Take cash; the holder renews the card."),
    Code.ACCOUNT_DORMANT: Entry(
        "The person's account waits for the first card to be activated.",
        "Activate the card at a bank outlet, by a registration at a hospital, or at a pharmacy.",
    ),
    Code.REGISTRATION_AT_PHARMACY: Entry(
        "A pharmacy registers no visits, so it cannot activate a card by one.",
        "Send `old_card`, the old medical card, with the new one.",
    ),
    Code.OLD_CARD_AT_HOSPITAL: Entry(
        "A hospital activates a card by a registration, not by the old medical card.", "Send `visit` instead."
    ),
    Code.OLD_CARD_UNKNOWN: Entry("No medical card has the number in `old_card`.", "Read the old card again."),
    Code.OLD_CARD_OF_ANOTHER_PERSON: Entry(
        "The old medical card belongs to another person.", "Check who presents the cards."
    ),
    Code.OLD_CARD_NOT_USABLE: Entry(
        "The old medical card is lost, retired, expired or no medical card.",
        "Activate the new card at a bank outlet or by a registration at a hospital.",
    ),
    Code.INSURANCE_SUSPENDED: Entry(
        "The person's medical insurance is suspended, and in their region the account rests with it.",
        "Take cash; the person asks the insurance agency.",
    ),
    Code.MED_TYPE_NOT_PAYABLE: Entry(
        "The region's accounts do not pay for this `med_type`, and the message asked for all or nothing.",
        "Take cash, or send a new message with `short_balance: split`.",
    ),
    Code.DAILY_CAP_REACHED: Entry(
        "The person's daily limit at pharmacies leaves too little, and the message asked for all or nothing.",
        "Take cash, or send a new message with `short_balance: split`.",
    ),
    Code.AUTHORIZATION_AT_PHARMACY: Entry("Only hospitals hold money in an account.", "Send a `payment`."),
    Code.EXPIRY_INVALID: Entry(
        "`expires_at` has passed or lies more than 366 days ahead.", "Send a new message with a time between."
    ),
    Code.CAPTURE_EXCEEDS_HOLD: Entry(
        "The capture asks for more than is still held.", "Capture what is held; settle the rest as a `payment`."
    ),
    Code.HOLD_CAPTURED: Entry("The hold was captured to its end.", "Settle more as a `payment`."),
    Code.HOLD_VOIDED: Entry("The hold was voided.", "Send a new `authorization` or a `payment`."),
    Code.HOLD_EXPIRED: Entry("The hold has expired; its money is free again.", "Settle as a `payment`."),
    Code.ORIGINAL_NOT_FOUND: Entry(
        "No message of this institution has that `original_message_id`. A reversal is recorded and will refuse it.",
        "Check the id. After a reversal do nothing: the original has no effect, whenever it comes.",
    ),
    Code.ORIGINAL_OF_ANOTHER_PERSON: Entry(
        "The original is a message of another person.", "Send the `person_no` of the original."
    ),
    Code.ORIGINAL_NOT_AN_AUTHORIZATION: Entry(
        "Only an authorization can be captured or voided.", "Refund or reverse what was settled."
    ),
    Code.ORIGINAL_NOT_SETTLED: Entry(
        "The original was declined or rejected: there is nothing to capture, void or refund.", "Nothing to do."
    ),
    Code.NOT_REFUNDABLE: Entry(
        "Only a payment, a capture and a purchase can be refunded; a refund can not.",
        "Reverse a refund that was a mistake.",
    ),
    Code.ALREADY_REFUNDED: Entry("All of the original is refunded.", "Nothing to do."),
    Code.REFUND_EXCEEDS_ORIGINAL: Entry(
        "With the refunds before it this one would exceed the original.", "Leave `amount` out to refund the rest."
    ),
    Code.PARTIAL_REFUND_NOT_ALLOWED: Entry(
        "The region allows full refunds only.", "Refund all of it, then send the right amount as a new `payment`."
    ),
    Code.REFUND_TOO_LATE: Entry(
        "The region's time for refunds has passed.", "The person asks the insurance agency for an adjustment."
    ),
    Code.NOT_REVERSIBLE: Entry(
        "A void, a registration and a reversal are not reversible.", "Send what should stand as a new message."
    ),
    Code.ALREADY_REVERSED: Entry("A reversal undid the original before.", "Nothing to do."),
    Code.NOTHING_TO_REVERSE: Entry(
        "The original moved nothing, or all of it went back before. The reversal is recorded.", "Nothing to do."
    ),
    Code.REVERSED_BEFORE_ARRIVAL: Entry(
        "A reversal of this message came before the message itself, so it has no effect.",
        "Send a new message if the person still pays.",
    ),
    Code.DEBIT_APPLICATION_OFF: Entry(
        "The bank application of the card is not switched on.", "The holder switches it on at an outlet of the bank."
    ),
    Code.PAYEE_CARD_UNKNOWN: Entry("No card has the number in `payee_card`.", "Check the number."),
    Code.PAYEE_CARD_NOT_USABLE: Entry(
        "The payee's card is not active, or its bank application is not on.", "The payee asks their bank."
    ),
    Code.PAYEE_IS_PAYER: Entry("Payer and payee are one account.", "Check the cards."),
    Code.INSTITUTION_UNKNOWN: Entry(
        "No designated institution has this code.",
        "Check the code; ask the operator to register the institution.",
    ),
    Code.INSTITUTION_BLOCKED: Entry("The institution may not settle at present.", "Ask the operator of the service."),
    Code.MESSAGE_CONFLICT: Entry(
        "This institution has used this `message_id` for other content; nothing was done.",
        "Compare `differing_fields`; send new content under a new `message_id`.",
    ),
    Code.INVALID_JSON: Entry("The bytes are not one JSON object in UTF-8.", "Mend the sender."),
    Code.DUPLICATE_KEY: Entry("A key stands twice in one JSON object.", "Send each key once."),
    Code.INVALID_FIELD: Entry(
        "A field is missing, has the wrong type or breaks its limits.",
        "Mend the field that the detail names.",
    ),
    Code.INVALID_AMOUNT: Entry(
        "`amount` is not a whole number of fen from 1 to 9999999999999999.", "Send fen as a JSON integer."
    ),
    Code.KIND_UNKNOWN: Entry("`kind` is not one that this service settles.", "Use a kind from the contract."),
    Code.CARD_MISSING: Entry(
        "A payment or registration needs `card`, and `card.card_no` where `cert_type` is 03.",
        "Send the card as the reader gave it.",
    ),
    Code.MESSAGE_KEY_MISSING: Entry(
        "`institution` or `message_id` is missing or unreadable, so no one can be answered.",
        "Mend the sender; an operator replays or discards the dead letter.",
    ),
    Code.MESSAGE_TOO_LARGE: Entry("The message is longer than the limit.", "Send one transaction a message."),
    Code.INFNO_UNKNOWN: Entry("No transaction of the interface has this infno.", "Check infno."),
    Code.INFNO_NOT_OFFERED: Entry(
        "This service settles the person's share and keeps no diagnoses and no fee lines.",
        "Leave this call out; settle with medfee_sumamt.",
    ),
    Code.SIGNATURE_INVALID: Entry(
        "cainfo is not the institution's SM2 signature of this request.",
        "Sign every field but cainfo and input, sorted by name; signtype is SM2.",
    ),
    Code.SIGN_ON_UNKNOWN: Entry("sign_no is not one of this operator and day.", "Sign in by 9001."),
    Code.VISIT_UNKNOWN: Entry("The institution has no such visit of this person.", "Register by 2201 or 2401."),
    Code.VISIT_EXISTS: Entry(
        "An open visit of the institution has this number.", "Use its mdtrt_id, or cancel it by 2202."
    ),
    Code.VISIT_ENDED: Entry("The visit was cancelled.", "Register a new one by 2201 or 2401."),
    Code.VOUCHER_NOT_RESOLVED: Entry(
        "An e-voucher token alone does not say who presents it here.",
        "Send certno, as the e-voucher platform answered the token.",
    ),
    Code.BATCH_INVALID: Entry(
        "The body is not a JSON array of 1 to 5000 transactions.", "Send an array; split a larger one."
    ),
    Code.TRANSACTION_NOT_FOUND: Entry(
        "No transaction is recorded under this institution and message id.",
        "It never arrived or was malformed: send it again under the same message id.",
    ),
    Code.REFUSED_BY_DATABASE: Entry(
        "The database refuses this one message although it passed every check.",
        "Nothing was recorded. Tell the operator: it is a defect of the service.",
    ),
    Code.IDEMPOTENCY_KEY_INVALID: Entry(
        "The header `Idempotency-Key` is no message id.",
        "Send 1 to 30 of the characters that a message_id may have, bare or in double quotes, or leave the header out.",
    ),
    Code.IDEMPOTENCY_KEY_MISMATCH: Entry(
        "The header `Idempotency-Key` is not the `message_id` of the body.",
        "Send the same in both, or one of them. Nothing was recorded.",
    ),
    Code.PERSON_EXISTS: Entry(
        "This `person_no` is registered with other content.", "Read the person; change what differs by its own call."
    ),
    Code.CITIZEN_NO_INVALID: Entry(
        "The citizen number breaks GB 11643: its length, its date or its check digit.", "Read the document again."
    ),
    Code.CITIZEN_NO_TAKEN: Entry(
        "Another person has this citizen number; one citizen number is one person.", "Search the person by the number."
    ),
    Code.IDENTITY_MISMATCH: Entry(
        "The identity document is not the card holder's.", "The holder comes with the original document."
    ),
    Code.ENCRYPTION_KEYS_MISSING: Entry(
        "The service has no key for personal data, so it takes none in.", "The operator sets MEDSETTLE_DATA_KEYS."
    ),
    Code.CARD_EXISTS: Entry("This `card_no` is issued with other content.", "Use the card's own number."),
    Code.WRONG_BANK: Entry("Another bank issued the card.", "The holder goes to an outlet of the issuing bank."),
    Code.ILLEGAL_TRANSITION: Entry(
        "The state of the card, application or account does not allow this.", "See the state that the detail names."
    ),
    Code.CREDIT_NOT_SUPPORTED: Entry(
        "The bank application of the card is a debit application in RMB; it has no credit and no other currency.",
        "Ask for debit in CNY.",
    ),
    Code.GRANT_EXISTS: Entry("This person already pays for that one.", "Unbind the grant first, or change its place."),
    Code.GRANT_UNKNOWN: Entry("No open grant has this number.", "List the grants of the person."),
    Code.FILE_INVALID: Entry(
        "The file is not as its header and trailer say, or not of the documented form; no line of it was taken.",
        "Mend the file as the detail says and send all of it again.",
    ),
    Code.FILE_CONFLICT: Entry(
        "Another file was received under this file number.", "Give the new file a number of its own."
    ),
    Code.FILE_UNKNOWN: Entry(
        "No file has this number or name.", "Send a contribution file; of settlement files ask for the list."
    ),
    Code.FILE_NOT_SIGNED: Entry(
        "The file was written while the service had no signing key.",
        "Compare its `sha256`; the operator sets a key, and later files are signed.",
    ),
    Code.RANGE_NOT_SATISFIABLE: Entry(
        "The file ends before the range begins that was asked for.",
        "`Content-Range` tells the size; a download that has as much is whole.",
    ),
    Code.ARCHIVE_INVALID: Entry(
        "The archive is not a zip that holds one plain text file.", "Zip one UTF-8 text, not encrypted; send it again."
    ),
    Code.ARCHIVE_TOO_LARGE: Entry(
        "The archive, the text in it or the number of its rows is beyond the limit.",
        "Reconcile fewer days, or one insurance and clearing type, at a time.",
    ),
    Code.FILE_ENCODING_INVALID: Entry("The text is not UTF-8.", "Write it in UTF-8 and send all of it again."),
    Code.FILE_COLUMNS_INVALID: Entry(
        "A line does not have the columns of the documented form, separated by TAB.",
        "Mend the line that the detail names and send all of it again.",
    ),
    Code.FILE_ROW_INVALID: Entry(
        "A column of a line is not of the documented form.",
        "Mend the line that the detail names and send all of it again.",
    ),
    Code.FILE_ROW_REPEATED: Entry(
        "Two lines are of one settlement.", "Leave out one of the lines that the detail names; send all of it again."
    ),
    Code.UPLOAD_UNKNOWN: Entry(
        "No uploaded rows of this institution are kept under this number: they were compared, or a day has passed.",
        "Upload the file again.",
    ),
    Code.RECONCILIATION_UNKNOWN: Entry("No reconciliation has this number.", "List the reconciliations."),
    Code.RECONCILIATION_NOT_DONE: Entry(
        "The reconciliation has no rows compared: it waits, has failed, or is one of totals.",
        "Ask for it until it is no longer waiting.",
    ),
    Code.BREAK_UNKNOWN: Entry("No break of this reconciliation has this number.", "List its breaks."),
    Code.BREAK_CLOSED: Entry("The break is levelled, or its run was voided by a later one.", "Nothing to do."),
    Code.UPLOAD_LOST: Entry(
        "The database lost the uploaded rows in a crash before they were compared.", "Upload the file again."
    ),
    Code.RECONCILIATION_FAILED: Entry(
        "The comparison failed each time it was tried.", "Upload the file again; tell the operator if it fails again."
    ),
    Code.ADJUSTMENT_UNKNOWN: Entry("No adjustment has this number.", "List the adjustments of the person."),
    Code.ADJUSTMENT_DECIDED: Entry("The adjustment is already approved or rejected.", "Propose a new one."),
    Code.SAME_CLERK: Entry("Who made an adjustment may not check it.", "Another clerk checks it."),
    Code.RECORD_EXISTS: Entry("A record with this key has other content.", "Send a record with a key of its own."),
    Code.UNAUTHENTICATED: Entry(
        "The request does not prove who sends it.", "Send `Authorization: Bearer …` with a key or token that is good."
    ),
    Code.FORBIDDEN: Entry(
        "The caller may not do this.", "Use a key of the role and scope that the documentation of the route names."
    ),
    Code.NOT_YOURS: Entry(
        "This belongs to another institution or bank than the caller.", "Use the key of the one that it belongs to."
    ),
    Code.CARD_NOT_PRESENTED: Entry(
        "An institution sees the account of a person who presents a card there, and no other.",
        "Send the card's number and identification code as the reader gave them.",
    ),
    Code.PRODUCER_UNPROVEN: Entry(
        "The Kafka record is not signed by a key of the institution that it names, so no one can be answered.",
        "Sign the bytes of the value by a registered key; see docs/security.md.",
    ),
    Code.RATE_LIMITED: Entry(
        "This client sends more than it may.", "Send again after `Retry-After` seconds; send batches."
    ),
    Code.BODY_INCOMPLETE: Entry(
        "The rest of the request did not come in time.", "Nothing was done; send all of it again."
    ),
    Code.OVERLOADED: Entry(
        "More transactions wait than the service may queue.", "Send again after `Retry-After` seconds."
    ),
    Code.DATABASE_UNAVAILABLE: Entry(
        "The ledger cannot be reached, so the fate of the message is unknown to this request.",
        "Send the same message again after `Retry-After` seconds; it takes effect once.",
    ),
    Code.NOT_FOUND: Entry("There is nothing at this address.", "See /docs for the addresses."),
    Code.METHOD_NOT_ALLOWED: Entry("This address does not take this method.", "See /docs for the methods."),
    Code.INTERNAL_ERROR: Entry(
        "The service failed in a way it does not know.", "Send the same message again; it takes effect once."
    ),
    Code.DEAD_LETTER_UNKNOWN: Entry("There is no such dead letter.", "Look it up in the list of dead letters."),
    Code.DEAD_LETTER_CLOSED: Entry(
        "This dead letter was replayed or discarded before.", "Look at it to see by whom; nothing is left to be done."
    ),
    Code.DEAD_LETTER_INCOMPLETE: Entry(
        "The bytes of this dead letter are not kept whole: too long, or no key of personal data was set when it came.",
        "Have the institution send the message again, and discard the letter.",
    ),
    Code.KAFKA_UNAVAILABLE: Entry("Kafka is away or busy.", "Do the same again a little later; it takes effect once."),
    Code.DAY_UNKNOWN: Entry(
        "The business day has not begun, or was over before this ledger began.", "Ask for a day in between."
    ),
    Code.DAY_NOT_OVER: Entry(
        "Only a business day that is over is sealed.", "Wait until the time that the detail names."
    ),
    Code.DAY_OUT_OF_ORDER: Entry(
        "Days are sealed one after the other.", "Seal the day that the detail names first; the scheduler does it alone."
    ),
    Code.DAY_NOT_SEALED: Entry(
        "Files are written of sealed days alone.", "Wait until the scheduler has sealed the day, or seal it."
    ),
    Code.FILE_ACKNOWLEDGED: Entry(
        "The bank has said what became of a line of the file, so there is no other version of it.",
        "What the bank could not pay goes into a later day's file by itself.",
    ),
    Code.BANK_NOT_TOLD: Entry(
        "The bank's lines cannot be told in the form of its terms.",
        "File terms in text, by `medsettle clearing bank`.",
    ),
    Code.SIGNING_KEY_MISSING: Entry(
        "The service has no key to sign receipts and files with.", "The operator sets MEDSETTLE_SIGNING_KEY."
    ),
    Code.IDENTITY_PROVIDER_AWAY: Entry(
        "The identity provider does not answer, or not as it should.",
        "Try again later, or sign in by a key; the operator looks for `identity_provider_not_asked` in the log.",
    ),
    Code.JOURNAL_BROKEN: Entry(
        "What is stored of this transaction does not fit the journal's hashes, so no receipt is given.",
        "Tell the operator, who runs `medsettle verify`.",
    ),
    Code.RECEIPT_UNAVAILABLE: Entry(
        "The transaction was settled by a release that gave no receipts.", "Ask for its stored outcome."
    ),
    Code.ACKNOWLEDGMENT_INVALID: Entry(
        "The acknowledgment is not of the documented form, or says two things of one line.",
        "Mend the place that the detail names and send all of it again.",
    ),
    Code.ACKNOWLEDGMENT_TOO_LARGE: Entry(
        "The acknowledgment is longer than the limit.", "Send it in several, of a part of the lines each."
    ),
    Code.ACKNOWLEDGMENT_OF_ANOTHER_FILE: Entry(
        "The acknowledgment names another settlement file than the one it was sent for.",
        "Send it for the file that it names.",
    ),
    Code.ACKNOWLEDGMENT_SUMS_DIFFER: Entry(
        "A count or sum of the acknowledgment is not that of its lines, or not that of the settlement file.",
        "Compare with the file, byte by byte where its digest differs; mend and send all of it again.",
    ),
    Code.FILE_SUPERSEDED: Entry(
        "A later version stands in the place of this settlement file; its lines are the same.",
        "Pull the later version and acknowledge that one.",
    ),
    Code.NOT_A_PAYMENT_FILE: Entry("Only payment files are acknowledged.", "Send it for the payment file of the day."),
    Code.LINE_UNKNOWN: Entry(
        "The acknowledgment is of a line that does not stand in the settlement file.",
        "Take the line ids out of the file; mend and send all of it again.",
    ),
    Code.LINE_REPEATED: Entry(
        "A line stands twice in one acknowledgment.", "Say of each line once what became of it; send all of it again."
    ),
    Code.LINE_DIFFERS: Entry(
        "A line of the acknowledgment has another amount or payee account than in the settlement file.",
        "Find out what was paid; mend and send all of it again.",
    ),
    Code.LINE_ALREADY_FAILED: Entry(
        "A line that failed cannot be paid any more: its money went back and goes out again under another line.",
        "Take the payment back; if it stands, call the operator, or the institution is paid twice.",
    ),
}
