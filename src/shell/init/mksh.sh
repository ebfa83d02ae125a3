
# What mksh has its own way for. By `eval`, since other Korn shells cannot read it: those go without the hook.
case ${KSH_VERSION-}:$- in
*MIRBSD*:*i*)
  \eval '
    __awsenv_put() {
      \print -rn -- "$1"
    }
    __awsenv_clock() {
      __awsenv_time=${EPOCHREALTIME%.*}
    }
    __awsenv_precmd() {
      __awsenv_hook || \set -- "$?"
      REPLY=
      if [[ ${PS1-} != *AWSENV_PROMPT* && -n $AWSENV_PROMPT ]]; then
        REPLY="$AWSENV_PROMPT "
      fi
      return "${1:-0}"
    }
  '
  __awsenv_start
  # In this very shell, without a process.
  case ${PS1-} in
  *__awsenv_precmd*) ;;
  *) PS1='${|__awsenv_precmd;}'${PS1-} ;;
  esac
  ;;
esac
