"""Legal but odd sequences: what is drawn, what is known while they are played, and what they are judged by."""
