// The reason in a command to paste: a gap that the person fills. A line that is pasted as it is has no reason.

/** Quoted for the shell, which would otherwise read the brackets as redirections. */
export const reasonGap = '<why>';

export const isGap = (reason: string): boolean => /^<.*>$/.test(reason);
