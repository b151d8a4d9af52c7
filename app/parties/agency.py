"""The insurance agency itself, which pays money in and settles with no one."""

#: Stands where an institution's code stands. No institution may have it, and no message from outside may use it.
AGENCY = "AGENCY000000"
