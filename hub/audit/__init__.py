"""What happened: the access record, who read and changed what, on which basis."""
