# ~/.bashrc, ~/.zshrc, or the file that $ENV names: put your own prompt in place of the one here.
if [ -n "${ZSH_VERSION-}" ]; then
  setopt prompt_subst
  PROMPT='${AWSENV_PROMPT:+$AWSENV_PROMPT }%~ %# '
elif [ -n "${BASH_VERSION-}" ]; then
  PS1='${AWSENV_PROMPT:+$AWSENV_PROMPT }\w \$ '
else
  AWSENV_OPT_PROMPT=0
  PS1='$(command awsenv prompt --shell sh) $PWD $ '
fi
