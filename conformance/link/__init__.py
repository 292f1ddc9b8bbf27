"""One WebSocket connection, listening or dialling, of which everything can be seen, timed, withheld or spoiled."""
