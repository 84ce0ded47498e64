"""The front panel: lights that say how the service stands, and a button that leads calls to the technician."""
