"""Packages that an applicant takes to an office: pictures in its sizes, forms with what the filing says."""
