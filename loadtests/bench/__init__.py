"""`medsettle bench`: every target of the design, measured on one machine in one run."""
