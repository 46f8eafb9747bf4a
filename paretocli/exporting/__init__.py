"""Taking a point away: the small network in formats that do without this program."""
