// What people read before they sign. Intents are by function or message; labels by contract and parameter, or by parameter.
// A parameter without words stops the generator, so that nothing new is signed blind.
export const owner = 'Braintrust';

export const intents = {
  WorkAgreements: {
    fund: 'Start an agreement and pay its first milestones in',
    fundMore: 'Pay further milestones in',
    tip: 'Pay a tip to the freelancer',
    withPermit: 'Allow the escrow to take tokens, and make a call to it',
    submit: 'Deliver a milestone and claim pay',
    extend: 'Give the freelancer its work time anew',
    askToCancel: 'Ask to cancel: without an answer in 7 days all comes back',
    keep: 'Go on with the milestone although a cancel was asked for',
    requestChanges: 'Ask for changes of a delivery',
    release: 'Pay the freelancer and close a milestone',
    releaseMany: 'Pay the freelancer several milestones in full',
    settle: 'Close a milestone whose review time is over: the claim is paid',
    refund: 'Give a milestone\'s money back to the employer',
    reclaim: 'Take back everything paid in and end the agreement',
    agree: 'Close a milestone at a share that both sides agreed on',
    dispute: 'Bring a milestone to the court and pay its cost',
    resolve: 'Close a disputed milestone by the court\'s ruling or the agreed fallback',
    amend: 'Replace the terms of a running agreement',
    end: 'End the agreement after the current milestone',
    movePayout: 'Have pay sent to another address after 7 days',
    cancelPayoutMove: 'Keep the address that pay goes to',
    burnNonce: 'Make offers of this negotiation unusable for ever',
    withdraw: 'Take out your credit',
    sweepFees: 'Send kept fees to the treasury',
    callBySignature: 'Carry out what somebody else signed',
    Terms: 'Agree to work under these terms',
    Submit: 'Deliver a milestone and claim pay',
    Extend: 'Give the freelancer its work time anew',
    AskToCancel: 'Ask to cancel: without an answer in 7 days all comes back',
    Keep: 'Go on with the milestone although a cancel was asked for',
    RequestChanges: 'Ask for changes of a delivery',
    Release: 'Pay the freelancer and close a milestone',
    ReleaseMany: 'Pay the freelancer several milestones in full',
    Refund: 'Give a milestone\'s money back to the employer',
    Reclaim: 'Take back everything paid in and end the agreement',
    End: 'End the agreement after the current milestone',
    Dispute: 'Bring a milestone to the court and pay its cost',
    Agree: 'Close a milestone at this share for the freelancer',
    Amend: 'Replace the terms of a running agreement',
    MovePayout: 'Have pay sent to another address after 7 days',
    CancelPayoutMove: 'Keep the address that pay goes to',
    BurnNonce: 'Make offers of this negotiation unusable for ever',
    Withdraw: 'Take out your credit',
  },
  PanelCourt: {
    open: 'Open a case and pay its cost',
    respond: 'Answer a case with your own ratio',
    payResponse: 'Pay the freelancer side\'s deposit in a case',
    concede: 'Give in: the employer side\'s ratio rules',
    queueDraw: 'Ask for another draw of arbiters',
    draw: 'Draw the arbiters of a case',
    commit: 'Hand in your sealed vote',
    reveal: 'Open your sealed vote',
    appeal: 'Appeal to five arbiters and pay for it',
    conclude: 'Close a case and pay everybody',
    enlist: 'Become an arbiter: BTRST is bonded for each seat',
    retire: 'Give seats up: their bond leaves after 14 days',
    takeBond: 'Take back the bond of seats given up',
    withdraw: 'Take out your credit',
  },
  Reputation: {
    anchor: 'Anchor a batch of sealed reviews',
    claim: 'Claim the credential of an agreement that ended and paid',
    claimFor: 'Claim a credential for the freelancer who signed',
    renounce: 'Give up a credential',
    renounceFor: 'Give up a credential for its holder, who signed',
    approve: 'Not possible: credentials never move',
    setApprovalForAll: 'Not possible: credentials never move',
    transferFrom: 'Not possible: credentials never move',
    safeTransferFrom: 'Not possible: credentials never move',
    Review: 'Sign your review, which stays sealed until both sides filed or 14 days passed',
    Claim: 'Let anybody claim your credential for you',
    Renounce: 'Let anybody give up your credential for you',
  },
  BraintrustToken: {
    approve: 'Allow somebody to take tokens from you',
    permit: 'Use an allowance that the owner signed',
    transfer: 'Send tokens',
    transferFrom: 'Send tokens of somebody who allowed it',
    Permit: 'Allow somebody to take tokens from you',
  },
};

const raw = label => ({ label, format: 'raw' });
const seconds = label => ({ label, format: 'duration' });
const moment = label => ({ label, format: 'date', params: { encoding: 'timestamp' } });
const share = label => ({ label, format: 'unit', params: { base: '%', decimals: 2 } });
const party = (label, ...types) => ({ label, format: 'addressName', params: { types } });
const sum = label => ({ label, format: 'tokenAmount' });
const hidden = { format: 'raw', visible: 'never' };
const call = label => ({ label, format: 'calldata', params: { calleePath: '@.to' } });

/** Of every contract, unless the contract says otherwise. Sums get the token that stands nearest to them. */
export const labels = {
  nonce: raw('Negotiation number'),
  sequence: { ...raw('Offer number'), visible: 'optional' },
  previous: { ...raw('Offer before'), visible: 'optional' },
  employer: party('Employer, who pays', 'wallet', 'contract'),
  manager: party('Manager, who approves', 'wallet', 'contract'),
  talent: party('Freelancer', 'wallet', 'contract'),
  payout: party('Pay goes to', 'wallet', 'contract'),
  token: party('Token', 'token'),
  policyVersion: raw('Policy version'),
  feeBps: share('Fee on top'),
  origin: party('Who brought the deal', 'wallet', 'contract'),
  originBps: share('Its share of the fee'),
  reviewWindow: seconds('Time to answer a delivery, then it is paid'),
  reworkTime: seconds('Time for changes'),
  revisionsMax: raw('Changes per milestone, at most'),
  court: party('Court', 'contract'),
  courtRules: raw('Rule set of the court'),
  caseTime: seconds('Longest dispute'),
  fallbackTalentBps: share('Freelancer\'s share if the court stays silent'),
  validUntil: moment('Can be started until'),
  documents: raw('Hash of the agreed text'),
  amounts: sum('Pay of the milestones'),
  workTimes: seconds('Time to deliver each'),
  talentSignature: hidden,
  signature: hidden,
  v: hidden, r: hidden, s: hidden,
  count: raw('Number of milestones'),
  amount: sum('Amount'),
  value: sum('Amount'),
  deadline: moment('Valid until'),
  expiry: moment('Valid until'),
  call: call('The call'),
  milestone: raw('Milestone, counted from 0'),
  claimed: sum('Pay claimed'),
  evidence: raw('Hash of what was delivered'),
  reasons: raw('Hash of what is asked for'),
  pay: sum('Pay'),
  talentBps: share('Freelancer\'s share'),
  employerBps: share('Share that you would pay the freelancer'),
  costMax: sum('Most that the court may cost'),
  to: party('To', 'wallet', 'contract'),
  from: party('From', 'wallet', 'contract'),
  owner: party('Owner', 'wallet', 'contract'),
  spender: party('Who may take it', 'contract', 'wallet'),
  signer: party('Who signed', 'wallet', 'contract'),
  agreement: raw('Agreement'),
  state: { ...raw('State that this is bound to'), visible: 'optional' },
  withdrawals: { ...raw('Withdrawals before'), visible: 'optional' },
  renouncements: { ...raw('Renouncements before'), visible: 'optional' },
  negotiation: raw('Negotiation'),
  tokenId: raw('Credential'),
};

export const labelsOf = {
  BraintrustToken: {
    nonce: { ...raw('Number of the permit'), visible: 'optional' },
    value: { ...sum('Amount'), params: { threshold: `0x8${'0'.repeat(63)}`, message: 'Unlimited' } },
  },
  PanelCourt: {
    caseId: raw('Case'),
    rules: raw('Rule set'),
    sum: sum('Disputed sum'),
    employerSide: party('Employer side', 'wallet', 'contract'),
    employerRatio: share('Share that the employer side would pay'),
    pays: raw('Pay the deposit now'),
    seat: raw('Seat'),
    commitment: raw('Sealed vote'),
    salt: raw('Secret of the sealed vote'),
    arbitrable: party('Escrow that cases come from', 'contract'),
    seats: raw('Number of seats'),
  },
  Reputation: {
    previous: raw('Head before'),
    root: raw('Root of the batch'),
    count: raw('Number of reviews'),
    escrow: party('Escrow', 'contract'),
    reviewer: party('Reviewer', 'wallet', 'contract'),
    overall: raw('Overall, 1 to 5'),
    quality: raw('Quality, 1 to 5'),
    communication: raw('Communication, 1 to 5'),
    punctuality: raw('Punctuality, 1 to 5'),
    fairness: raw('Fairness, 1 to 5'),
    again: raw('Would work together again, 1 to 5'),
    skill: raw('Skill'),
    rating: raw('Rating of the skill, 1 to 5'),
    text: raw('Hash of the text'),
    salt: { ...raw('Secret of the seal'), visible: 'optional' },
    data: hidden,
    approved: raw('Allow'),
    operator: party('Who', 'wallet', 'contract'),
  },
};

/** Sums that a message names without their token: the wallet cannot know its decimals, so it must not pretend to. */
export const tokenless = label => raw(`${label}, in base units of the agreement's token`);

/** Calls in which the terms decide and are shown whole; in all others they were agreed before. */
export const wholeTerms = ['fund', 'amend', 'Terms', 'Amend'];

/** Of terms that were agreed before, this is shown always, and the rest where the wallet has room. */
export const parties = ['employer', 'talent', 'token'];

/** One sentence for small screens, where one says it all. */
export const sentences = {
  WorkAgreements: {
    release: 'Pay {pay} to {terms.talent} and close milestone {milestone}',
    tip: 'Pay a tip of {amount} to {terms.talent}',
    submit: 'Deliver milestone {milestone} and claim {claimed}',
    dispute: 'Bring milestone {milestone} to the court for at most {costMax}, offering {employerBps}',
    agree: 'Close milestone {milestone} with {talentBps} for {terms.talent}',
    movePayout: 'Have pay sent to {to} after 7 days',
    withdraw: 'Take out your credit in {token} to {to}',
    MovePayout: 'Have pay sent to {to} after 7 days',
    Withdraw: 'Take out {amount} to {to}',
  },
  BraintrustToken: {
    approve: 'Allow {spender} to take {value} from you',
    transfer: 'Send {value} to {to}',
    Permit: 'Allow {spender} to take {value} from you until {deadline}',
  },
};
