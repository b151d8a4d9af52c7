"""medsettle: settles social security card payments once each against a double-entry Postgres ledger."""

__version__ = "0.1.0"
