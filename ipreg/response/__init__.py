"""Response (应对) from an alert: a warning letter to the seller, a notice to the platform, and what comes of them."""
