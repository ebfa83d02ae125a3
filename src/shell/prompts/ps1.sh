# ~/.bashrc, ~/.zshrc, or the file that $ENV names, above the line with `awsenv init`. The rest of the prompt is yours.
if [ -n "${ZSH_VERSION-}" ]; then
  setopt prompt_subst
  PROMPT='${AWSENV_PROMPT:+$AWSENV_PROMPT }%~ %# '
elif [ -n "${BASH_VERSION-}" ]; then
  PS1='${AWSENV_PROMPT:+$AWSENV_PROMPT }\w \$ '
else
  case ${KSH_VERSION-} in
  # The Korn shells ksh93 and mksh have a hook.
  Version* | *MIRBSD*) PS1='${AWSENV_PROMPT:+$AWSENV_PROMPT }$PWD $ ' ;;
  *) PS1='$(command awsenv prompt --shell sh) $PWD $ ' ;;
  esac
fi
