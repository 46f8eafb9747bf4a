"""Whether a folder is as it was written; what the script in the folder is made of."""
