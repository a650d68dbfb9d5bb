"""What the books should hold for a subject, minus what they hold: a list of effects. Pure."""
