"""Pre-registration of designs: what was filed and when, who copies it, and what was decided."""
