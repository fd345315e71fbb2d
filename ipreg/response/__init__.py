"""Response (应对) from an alert: a warning letter to the seller, notices to platforms, what comes of them."""
