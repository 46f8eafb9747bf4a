"""What a person types: one file a command.

Nothing here imports torch, pandas or matplotlib when it is loaded, so that help is instant.
"""
