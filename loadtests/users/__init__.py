"""Who stands at the HTTP door, a file per kind of customer."""
