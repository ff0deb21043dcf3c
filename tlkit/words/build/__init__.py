"""Build: the script that makes the embedded word vectors again, from public packages, bit for bit."""
