-- Letters are counted as attempts are, within the hour before each of them rather than by the hour of the clock.
DROP TABLE letter_counts;
