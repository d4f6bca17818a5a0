// The help text of the command.
export const usage = (program: string) => `${program} <command> [options]

  status                         keys, rotations under way, and problems
  keys list                      every key: state, age, last signature, sessions
  keys rotate                    make the next key and let it take over; the old one drains
  keys rotate --cancel           cancel the rotation that is under way
  keys activate <key>            make a draining key active again: undo a rotation
  keys retire <key>              when no session needs it: disable, and a week later delete
  keys disable <key> --now       kill switch: signing stops, its sessions end
  keys enable <key>              undo disable or retire
  keys replicate                 make the replicas that dpop.replicaRegions asks for
  sessions list   --user <e-mail|sub> | --key <key>
  sessions revoke --user <e-mail|sub> | --session <id> | --key <key> | --all
  signatures [--hours <n>]       what KMS signed with each key against our own count (24)
  proof           --url <url>    print a DPoP proof that the active key signs (docs/proofs.md)
  help, --version

A <key> is named by the beginning of its id (mrk-1a2b3c4d), by its id or by its ARN.

  --reason <text>      why; recorded in the audit event. disable, revoke and proof need it
  --yes                do not ask; scripts need it for revoke --all and --key
  --dry-run            say what would happen
  --json               for scripts: the outcome on standard output, nothing else
  --use <use>          rotate: dpop (default) or assertion
  --spec <spec>        rotate: ECC_NIST_P256 or RSA_2048 (default: the configuration's)
  --wait <seconds>     rotate: how long the next key waits before it signs (300; assertion 600)
  --older-than <days>  rotate: only a key that is older
  --take-over          rotate: continue a rotation that somebody else drives
  --bake <days>        retire: days between disabling and deleting (7)
  --window <days>      retire: KMS's own waiting period (30)
  --method <name>      proof: the method of the request (GET)
  --token <token>      proof: the access token that goes with it; - reads it from standard input
  --nonce <nonce>      proof: the nonce that the server asked for

Which system. Commands that change something need one of these; a terminal is asked:
  --local [<where>]    the one that npm start runs: a port, an address, or nothing for port 3002
  --stack <name>       the deployed stack (okta-dpop-bff)
  --function <name>    the operator function itself, by name or ARN
  --region <name>      its Region (default: from the profile or AWS_REGION)
  --profile <name>     a profile in AWS's files (default: AWS_PROFILE, or the usual credentials)

Ends with 0 when it is done; 1 when it was refused or failed, when revoke found no session of the user, or when status or
signatures found problems; 2 when it was called wrongly or something is missing. It obeys NO_COLOR and FORCE_COLOR.

At night: status says what is wrong and what to do, and --dry-run says what a change would do before you make it.
`;
