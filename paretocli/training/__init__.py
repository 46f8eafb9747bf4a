"""The loop: epochs, evaluation, the certificate."""
