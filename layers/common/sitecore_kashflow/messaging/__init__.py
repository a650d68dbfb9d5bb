"""What we tell ourselves: envelopes on queues, runs of the workflow."""
