# ~/.zshrc, below `prompt pure`. The hook of `awsenv init` sees that its segment is there, and adds none of its own.
PROMPT='${AWSENV_PROMPT:+$AWSENV_PROMPT }'$PROMPT
