r"""Sizing a community: from a list of buildings and a planner's wishes to a recommendation, and to the pilot after it.

Layer: experiments.  `inputs` reads what a planner has, `cuts` cuts; then plans are made and run, one is chosen and
tried, and what was found is shown and taken home:

    from pathlib import Path
    from experiments.running.engine import engine
    from experiments.sizing.answering import as_plain, size
    from experiments.sizing.inputs.reading import read_community
    from experiments.sizing.inputs.wishes import usual_wishes
    from experiments.sizing.plans import ask
    from experiments.words.sizing import answer_in_words

    folder = Path("results/ours")
    listed = read_community(Path("buildings.csv"), residents_per_household=2.8)
    question = ask(listed, usual_wishes(), folder / "cuts")
    with engine() as workers:
        sized = size(question, workers, folder)
    print(*answer_in_words(as_plain(sized)), sep="\n")
"""
