"""The whole shop on one machine: Temporal's development server, a worker and the web server, watched together."""
