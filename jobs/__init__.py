"""Scheduled work. Each job reads what is not processed yet and writes rows for the next step."""
