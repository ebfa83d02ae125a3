# awsenv: completions for tcsh. The program reads files only; names that tcsh cannot complete whole are left out.
complete awsenv 'p@*@`env @VARIABLE@=tcsh @AWSENV@ --`@'
