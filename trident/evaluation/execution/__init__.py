"""What a JVM says of an answer: does it compile in its place, does it pass, and which mutants does it kill?"""
