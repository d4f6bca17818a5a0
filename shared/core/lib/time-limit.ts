/** Returns the result of `work`, or `otherwise` when that takes longer. The work goes on, and its result is dropped. */
export function within<T, U>(ms: number, work: Promise<T>, otherwise: () => U): Promise<T | U> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      try {
        resolve(otherwise());
      } catch (fault) {
        reject(fault);
      }
    }, ms);
    work.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (fault) => {
        clearTimeout(timer);
        reject(fault);
      },
    );
  });
}
