"""Screening measured: greetings and answers made by speech synthesis, judged by the product's own judge."""
