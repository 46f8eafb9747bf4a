"""Fronts of finished points: reading them, dominance, indicators. No torch in here."""
