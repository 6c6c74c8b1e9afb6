"""The rows of a run: what the tables of the machine hold."""
