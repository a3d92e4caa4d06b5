"""What next: rules, remediation tickets, paused releases, and telling other machines about them."""
