"""How long calls take: in turn, on processors of their own; also where this package is not."""
