"""How long: retention rules, what is due and why the rest is kept, and the record of what was disposed of."""
