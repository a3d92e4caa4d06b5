"""The officers' and auditors' site: pages that show, and steps that ask a workflow. It decides nothing itself."""
