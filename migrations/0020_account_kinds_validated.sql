-- Apart from 0014, which replaced the constraint: this reads all accounts, and in its own transaction postings go on.
ALTER TABLE ledger.accounts VALIDATE CONSTRAINT account_kind_known;
