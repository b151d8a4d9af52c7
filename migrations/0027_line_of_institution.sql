-- A trace looks up the lines of one institution on one day, beside those of all others in `clearing.lines`.
CREATE INDEX line_of_institution ON clearing.lines (institution, business_day);
