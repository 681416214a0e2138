"""Real servers on loopback ports: MariaDB, MySQL, Kafka, and a proxy that breaks connections."""
