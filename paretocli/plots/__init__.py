"""Pictures: what a figure shows, apart from how it is drawn. No torch and no pyplot in here."""
