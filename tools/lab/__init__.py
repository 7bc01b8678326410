"""What the demo, the benches and the tests on real Spark share: Kafka, drivers and traffic as context managers."""
