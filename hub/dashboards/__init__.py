"""Pages for people: the start page, the GraphQL workbench, and what a load balancer asks."""
