"""Hard parameter sharing, MDMTN, and others."""
