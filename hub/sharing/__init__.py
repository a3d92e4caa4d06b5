"""Who else may read: profiles, grants, audiences, projections and receipts."""
