"""Flow tests: stories told beside flows, played through the services' own decisions in memory."""
