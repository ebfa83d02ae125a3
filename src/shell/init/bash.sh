
# What bash has its own way for.
__awsenv_put() {
  \printf %s "$1"
}
case $BASH_VERSION in
[0-3].* | 4.[01].*)
  # No clock: time goes on from the last look. A SECONDS that was set back by hand asks for another look.
  __awsenv_clock() {
    if ((SECONDS < ${__awsenv_ticked-0})); then
      __awsenv_seen=
    fi
    __awsenv_ticked=$SECONDS __awsenv_time=$((__awsenv_now + SECONDS - __awsenv_seconds))
  }
  ;;
*)
  __awsenv_clock() {
    \printf -v __awsenv_time '%(%s)T' -1
  }
  ;;
esac
case $BASH_VERSION in
[0-3].* | 4.[0-3].*) ;;
*)
  __awsenv_mark() {
    __awsenv_marked="@EXPORTED@"
  }
  ;;
esac

__awsenv_precmd() {
  __awsenv_hook || \set -- "$?"
  # By name: bash decodes and expands PS1, but not the contents of a variable in it.
  if [[ ${PS1-} != *AWSENV_PROMPT* ]] && \shopt -q promptvars; then
    PS1='${AWSENV_PROMPT:+$AWSENV_PROMPT }'${PS1-}
  fi
  # A prompt that writes a title of its own does so after the hook.
  if [[ ${PS1-} == *']'[012]';'* && $PS1 != *__awsenv_again* ]] && \shopt -q promptvars; then
    PS1+='${__awsenv_again-}'
  fi
  __awsenv_again=${__awsenv_signal:+$'\001'$__awsenv_signal$'\002'}
  return "${1:-0}"
}

# Hook and completions, in interactive shells.
case $- in
*i*)
  if [[ ${PROMPT_COMMAND[*]-} != *__awsenv_precmd* ]]; then
    # After the hooks that are there: a theme may build PS1 anew each time.
    if [[ "$(\declare -p PROMPT_COMMAND 2>/dev/null)" == 'declare -a'* ]]; then
      PROMPT_COMMAND+=(__awsenv_precmd)
    else
      PROMPT_COMMAND=${PROMPT_COMMAND:+"$PROMPT_COMMAND"$'\n'}__awsenv_precmd
    fi
  fi
  __awsenv_start
  \eval "$(\command @AWSENV@ completions bash 2>/dev/null)" 2>/dev/null || :
  ;;
esac
