
# Prompt and completions, in interactive shells.
__awsenv_prompt() {
  local awsenv_status=$?
  __awsenv_segment=
  # `+`, so that a trace shows no value.
  if [[ ${AWSENV_OPT_PROMPT-} != 0 &&
    -n ${AWSENV_CONTEXT+x}${AWS_ACCESS_KEY_ID+x}${AWS_SECRET_ACCESS_KEY+x}${AWS_SESSION_TOKEN+x}${AWS_PROFILE+x}${AWS_DEFAULT_PROFILE+x}${AWS_VAULT+x}${AWS_WEB_IDENTITY_TOKEN_FILE+x}${AWS_CONTAINER_CREDENTIALS_FULL_URI+x}${AWS_CONTAINER_CREDENTIALS_RELATIVE_URI+x} ]]; then
    __awsenv_segment="$(\command @AWSENV@ prompt --shell bash 2>/dev/null)" || :
  fi
  # By name: bash decodes and expands PS1, but not the contents of a variable in it.
  if [[ ${PS1-} != *'${__awsenv_segment'* ]] && \shopt -q promptvars; then
    PS1='${__awsenv_segment:+$__awsenv_segment }'${PS1-}
  fi
  return "$awsenv_status"
}

case $- in
*i*)
  if [[ ${PROMPT_COMMAND[*]-} != *__awsenv_prompt* ]]; then
    # After the hooks that are there: a theme may build PS1 anew each time.
    if [[ "$(\declare -p PROMPT_COMMAND 2>/dev/null)" == 'declare -a'* ]]; then
      PROMPT_COMMAND+=(__awsenv_prompt)
    else
      PROMPT_COMMAND=${PROMPT_COMMAND:+"$PROMPT_COMMAND"$'\n'}__awsenv_prompt
    fi
  fi
  \eval "$(\command @AWSENV@ completions bash 2>/dev/null)" 2>/dev/null || :
  ;;
esac
