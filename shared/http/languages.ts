// The sentences of the broker's own pages, in the languages that they speak. A sentence that a language lacks does not
// compile.

interface Told {
  title: string;
  text: string;
}

interface Sentences {
  signIn: string;
  signInAgain: string;
  signOut: string;
  tryAgain: string;
  toApp: string;
  request: string;
  /** Finished before, expired, or another browser's. */
  deadSignIn: Told;
  /** The same, for somebody who is signed in. */
  alreadySignedIn: Told;
  /** The same, and the browser sent no cookie at all. */
  noCookie: Told;
  confirmSignIn: Told;
  /** Sign-ins failed again and again. */
  refusedTwice: Told;
  /** They went well, and the browser came back without its session. */
  forgottenTwice: Told;
  /** The configuration requires sessions that are bound to a device. */
  notBound: Told;
  signingOut: Told;
  notStarted: Told;
  unavailable: Told;
  badLink: Told;
  notFromHere: Told;
  nothingHere: Told;
  ourFault: Told;
}

export type PageName = {
  [Name in keyof Sentences]: Sentences[Name] extends Told ? Name : never;
}[keyof Sentences];

const en: Sentences = {
  signIn: 'Sign in',
  signInAgain: 'Sign in again',
  signOut: 'Sign out',
  tryAgain: 'Try again',
  toApp: 'Back to the application',
  request: 'Request',
  deadSignIn: {
    title: 'This sign-in cannot be finished',
    text: 'It was finished before, took too long, or was started in another browser. Please sign in again.',
  },
  alreadySignedIn: {
    title: 'You are already signed in',
    text: 'This sign-in was finished before, and you are still signed in. You can go back to the application.',
  },
  noCookie: {
    title: 'This sign-in cannot be finished',
    text: 'Your browser sent no cookie with it. Either it took too long, or cookies are blocked for this site. Allow cookies, then sign in again.',
  },
  confirmSignIn: {
    title: 'Do you want to sign in?',
    text: 'A link on another site brought you here. Continue if you want to sign in to this application.',
  },
  refusedTwice: {
    title: 'Signing in does not work',
    text: 'Sign-in failed twice: the sign-in service refused, or its answer could not be used. Your account may not have access to this application. Its administrators can find the reason in their log.',
  },
  forgottenTwice: {
    title: 'Signing in does not work',
    text: 'Sign-in succeeded twice, but both times your browser came back without the session. It may be blocking cookies for this site. Allow them, or leave private browsing, then try again.',
  },
  notBound: {
    title: 'This browser has not tied your sign-in to this device',
    text: 'This application requires it, so that nobody can use your sign-in anywhere else. Current versions of Chrome and Edge can do it, on Windows and on a Mac. If you use one of these, try again. Otherwise, open the application in one of them.',
  },
  signingOut: { title: 'Signing out', text: 'If nothing happens, use the button.' },
  notStarted: {
    title: 'Signing in did not work',
    text: 'The sign-in service cannot be reached, or did not accept the request. Nothing has changed. Try again in a minute. If it still does not work, tell the people who run this application.',
  },
  unavailable: {
    title: 'This does not work at the moment',
    text: 'A part of this application is unavailable. Nothing has changed: if you were signed in, you still are. Try again in a minute.',
  },
  badLink: {
    title: 'This link does not work',
    text: 'It is incomplete or was changed. Go back to the application and start from there.',
  },
  notFromHere: {
    title: 'This was not done',
    text: 'The request did not come from this application. Go back to the application and try again there.',
  },
  nothingHere: { title: 'There is nothing here', text: 'No page has this address.' },
  ourFault: {
    title: 'Something went wrong',
    text: 'This is a fault of the application, not yours. Try again. If it happens again, give the number below to the people who run it.',
  },
};

const de: Sentences = {
  signIn: 'Anmelden',
  signInAgain: 'Neu anmelden',
  signOut: 'Abmelden',
  tryAgain: 'Erneut versuchen',
  toApp: 'Zurück zur Anwendung',
  request: 'Anfrage',
  deadSignIn: {
    title: 'Diese Anmeldung kann nicht abgeschlossen werden',
    text: 'Sie wurde bereits abgeschlossen, hat zu lange gedauert oder wurde in einem anderen Browser begonnen. Bitte melden Sie sich neu an.',
  },
  alreadySignedIn: {
    title: 'Sie sind bereits angemeldet',
    text: 'Diese Anmeldung wurde schon abgeschlossen, und Sie sind weiterhin angemeldet. Sie können zur Anwendung zurückkehren.',
  },
  noCookie: {
    title: 'Diese Anmeldung kann nicht abgeschlossen werden',
    text: 'Ihr Browser hat kein Cookie mitgeschickt. Entweder hat es zu lange gedauert, oder Cookies sind für diese Website blockiert. Lassen Sie Cookies zu und melden Sie sich neu an.',
  },
  confirmSignIn: {
    title: 'Möchten Sie sich anmelden?',
    text: 'Ein Link auf einer anderen Website hat Sie hierher geführt. Fahren Sie fort, wenn Sie sich bei dieser Anwendung anmelden möchten.',
  },
  refusedTwice: {
    title: 'Die Anmeldung funktioniert nicht',
    text: 'Die Anmeldung ist zweimal fehlgeschlagen: Der Anmeldedienst hat sie abgelehnt, oder seine Antwort war nicht verwendbar. Möglicherweise hat Ihr Konto keinen Zugriff auf diese Anwendung. Die Administratoren finden den Grund in ihrem Protokoll.',
  },
  forgottenTwice: {
    title: 'Die Anmeldung funktioniert nicht',
    text: 'Die Anmeldung ist zweimal gelungen, aber beide Male kam Ihr Browser ohne die Sitzung zurück. Vielleicht blockiert er Cookies für diese Website. Lassen Sie Cookies zu oder verlassen Sie den privaten Modus, und versuchen Sie es erneut.',
  },
  notBound: {
    title: 'Dieser Browser hat Ihre Anmeldung nicht an dieses Gerät gebunden',
    text: 'Diese Anwendung verlangt das, damit niemand Ihre Anmeldung anderswo benutzen kann. Aktuelle Versionen von Chrome und Edge können es, unter Windows und auf dem Mac. Wenn Sie einen davon verwenden, versuchen Sie es erneut. Öffnen Sie die Anwendung sonst in einem dieser Browser.',
  },
  signingOut: {
    title: 'Sie werden abgemeldet',
    text: 'Wenn nichts geschieht, verwenden Sie die Schaltfläche.',
  },
  notStarted: {
    title: 'Die Anmeldung hat nicht funktioniert',
    text: 'Der Anmeldedienst ist nicht erreichbar oder hat die Anfrage nicht angenommen. Es hat sich nichts geändert. Versuchen Sie es in einer Minute erneut. Wenn es dann immer noch nicht geht, wenden Sie sich an die Betreiber dieser Anwendung.',
  },
  unavailable: {
    title: 'Das funktioniert im Moment nicht',
    text: 'Ein Teil dieser Anwendung ist nicht verfügbar. Es hat sich nichts geändert: Wenn Sie angemeldet waren, sind Sie es noch. Versuchen Sie es in einer Minute erneut.',
  },
  badLink: {
    title: 'Dieser Link funktioniert nicht',
    text: 'Er ist unvollständig oder wurde verändert. Kehren Sie zur Anwendung zurück und beginnen Sie dort.',
  },
  notFromHere: {
    title: 'Das wurde nicht ausgeführt',
    text: 'Die Anfrage kam nicht von dieser Anwendung. Kehren Sie zur Anwendung zurück und versuchen Sie es dort erneut.',
  },
  nothingHere: { title: 'Hier ist nichts', text: 'Unter dieser Adresse gibt es keine Seite.' },
  ourFault: {
    title: 'Etwas ist schiefgegangen',
    text: 'Der Fehler liegt bei der Anwendung, nicht bei Ihnen. Versuchen Sie es erneut. Wenn es wieder passiert, nennen Sie den Betreibern die Nummer unten.',
  },
};

const fr: Sentences = {
  signIn: 'Se connecter',
  signInAgain: 'Se reconnecter',
  signOut: 'Se déconnecter',
  tryAgain: 'Réessayer',
  toApp: 'Retour à l’application',
  request: 'Requête',
  deadSignIn: {
    title: 'Cette connexion ne peut pas aboutir',
    text: 'Elle a déjà abouti, a pris trop de temps ou a été commencée dans un autre navigateur. Veuillez vous reconnecter.',
  },
  alreadySignedIn: {
    title: 'Vous êtes déjà connecté',
    text: 'Cette connexion a déjà abouti et votre session est toujours ouverte. Vous pouvez retourner à l’application.',
  },
  noCookie: {
    title: 'Cette connexion ne peut pas aboutir',
    text: 'Votre navigateur n’a envoyé aucun cookie. Soit la connexion a pris trop de temps, soit les cookies sont bloqués pour ce site. Autorisez les cookies, puis reconnectez-vous.',
  },
  confirmSignIn: {
    title: 'Voulez-vous vous connecter ?',
    text: 'Un lien sur un autre site vous a amené ici. Continuez si vous souhaitez vous connecter à cette application.',
  },
  refusedTwice: {
    title: 'La connexion ne fonctionne pas',
    text: 'La connexion a échoué deux fois : le service de connexion l’a refusée, ou sa réponse n’était pas utilisable. Votre compte n’a peut-être pas accès à cette application. Ses administrateurs trouveront la raison dans leur journal.',
  },
  forgottenTwice: {
    title: 'La connexion ne fonctionne pas',
    text: 'La connexion a réussi deux fois, mais votre navigateur est revenu sans la session. Il bloque peut-être les cookies de ce site. Autorisez-les ou quittez la navigation privée, puis réessayez.',
  },
  notBound: {
    title: 'Ce navigateur n’a pas lié votre connexion à cet appareil',
    text: 'Cette application l’exige, afin que personne ne puisse utiliser votre connexion ailleurs. Les versions actuelles de Chrome et d’Edge en sont capables, sous Windows et sur Mac. Si vous utilisez l’un de ces navigateurs, réessayez. Sinon, ouvrez l’application dans l’un d’eux.',
  },
  signingOut: { title: 'Déconnexion en cours', text: 'Si rien ne se passe, utilisez le bouton.' },
  notStarted: {
    title: 'La connexion n’a pas fonctionné',
    text: 'Le service de connexion est injoignable ou n’a pas accepté la demande. Rien n’a changé. Réessayez dans une minute. Si le problème persiste, prévenez les responsables de cette application.',
  },
  unavailable: {
    title: 'Cela ne fonctionne pas pour le moment',
    text: 'Une partie de cette application est indisponible. Rien n’a changé : si vous étiez connecté, vous l’êtes toujours. Réessayez dans une minute.',
  },
  badLink: {
    title: 'Ce lien ne fonctionne pas',
    text: 'Il est incomplet ou a été modifié. Retournez à l’application et recommencez depuis celle-ci.',
  },
  notFromHere: {
    title: 'Cette action n’a pas été effectuée',
    text: 'La demande ne provenait pas de cette application. Retournez à l’application et réessayez depuis celle-ci.',
  },
  nothingHere: { title: 'Il n’y a rien ici', text: 'Aucune page ne se trouve à cette adresse.' },
  ourFault: {
    title: 'Une erreur s’est produite',
    text: 'L’erreur vient de l’application, pas de vous. Réessayez. Si elle se reproduit, communiquez le numéro ci-dessous à ses responsables.',
  },
};

const es: Sentences = {
  signIn: 'Iniciar sesión',
  signInAgain: 'Volver a iniciar sesión',
  signOut: 'Cerrar sesión',
  tryAgain: 'Reintentar',
  toApp: 'Volver a la aplicación',
  request: 'Solicitud',
  deadSignIn: {
    title: 'No se puede completar este inicio de sesión',
    text: 'Ya se completó, tardó demasiado o se empezó en otro navegador. Vuelva a iniciar sesión.',
  },
  alreadySignedIn: {
    title: 'Ya ha iniciado sesión',
    text: 'Este inicio de sesión ya se completó y su sesión sigue abierta. Puede volver a la aplicación.',
  },
  noCookie: {
    title: 'No se puede completar este inicio de sesión',
    text: 'Su navegador no envió ninguna cookie. O tardó demasiado, o las cookies están bloqueadas para este sitio. Permita las cookies y vuelva a iniciar sesión.',
  },
  confirmSignIn: {
    title: '¿Desea iniciar sesión?',
    text: 'Un enlace de otro sitio le ha traído hasta aquí. Continúe si desea iniciar sesión en esta aplicación.',
  },
  refusedTwice: {
    title: 'No se puede iniciar sesión',
    text: 'El inicio de sesión ha fallado dos veces: el servicio lo rechazó o su respuesta no era válida. Puede que su cuenta no tenga acceso a esta aplicación. Los administradores encontrarán el motivo en su registro.',
  },
  forgottenTwice: {
    title: 'No se puede iniciar sesión',
    text: 'El inicio de sesión funcionó dos veces, pero su navegador volvió sin la sesión. Puede que esté bloqueando las cookies de este sitio. Permítalas o salga del modo privado y vuelva a intentarlo.',
  },
  notBound: {
    title: 'Este navegador no ha vinculado su inicio de sesión a este dispositivo',
    text: 'Esta aplicación lo exige para que nadie pueda usar su sesión en otro lugar. Las versiones actuales de Chrome y Edge pueden hacerlo, en Windows y en Mac. Si usa uno de ellos, vuelva a intentarlo. De lo contrario, abra la aplicación en uno de ellos.',
  },
  signingOut: { title: 'Cerrando la sesión', text: 'Si no ocurre nada, utilice el botón.' },
  notStarted: {
    title: 'No se pudo iniciar sesión',
    text: 'No se puede acceder al servicio de inicio de sesión, o este no aceptó la solicitud. No ha cambiado nada. Vuelva a intentarlo dentro de un minuto. Si sigue sin funcionar, avise a los responsables de esta aplicación.',
  },
  unavailable: {
    title: 'Esto no funciona en este momento',
    text: 'Una parte de esta aplicación no está disponible. No ha cambiado nada: si tenía la sesión iniciada, sigue iniciada. Vuelva a intentarlo dentro de un minuto.',
  },
  badLink: {
    title: 'Este enlace no funciona',
    text: 'Está incompleto o se ha modificado. Vuelva a la aplicación y empiece desde allí.',
  },
  notFromHere: {
    title: 'No se ha hecho nada',
    text: 'La solicitud no procedía de esta aplicación. Vuelva a la aplicación e inténtelo desde allí.',
  },
  nothingHere: { title: 'Aquí no hay nada', text: 'No hay ninguna página en esta dirección.' },
  ourFault: {
    title: 'Algo ha fallado',
    text: 'El error es de la aplicación, no suyo. Vuelva a intentarlo. Si ocurre de nuevo, facilite el número de abajo a sus responsables.',
  },
};

const ja: Sentences = {
  signIn: 'サインイン',
  signInAgain: 'もう一度サインインする',
  signOut: 'サインアウト',
  tryAgain: 'もう一度試す',
  toApp: 'アプリケーションに戻る',
  request: 'リクエスト番号',
  deadSignIn: {
    title: 'このサインインは完了できません',
    text: 'すでに完了しているか、時間がかかりすぎたか、別のブラウザーで開始されたものです。もう一度サインインしてください。',
  },
  alreadySignedIn: {
    title: 'すでにサインインしています',
    text: 'このサインインはすでに完了しており、現在もサインインした状態です。アプリケーションに戻ってください。',
  },
  noCookie: {
    title: 'このサインインは完了できません',
    text: 'ブラウザーから Cookie が送信されませんでした。時間がかかりすぎたか、このサイトの Cookie がブロックされています。Cookie を許可して、もう一度サインインしてください。',
  },
  confirmSignIn: {
    title: 'サインインしますか？',
    text: '別のサイトのリンクからこのページが開かれました。このアプリケーションにサインインする場合は、続行してください。',
  },
  refusedTwice: {
    title: 'サインインできません',
    text: 'サインインに 2 回失敗しました。サインインサービスに拒否されたか、その応答を使用できませんでした。このアプリケーションへのアクセス権がない可能性があります。管理者はログで理由を確認できます。',
  },
  forgottenTwice: {
    title: 'サインインできません',
    text: 'サインインは 2 回成功しましたが、2 回ともブラウザーがセッションを保持していませんでした。このサイトの Cookie がブロックされている可能性があります。Cookie を許可するか、プライベートブラウズを終了してから、もう一度お試しください。',
  },
  notBound: {
    title: 'このブラウザーはサインインをこのデバイスに結び付けませんでした',
    text: '他の場所でサインインが悪用されないように、このアプリケーションではこの結び付けが必要です。Windows または Mac の最新の Chrome と Edge が対応しています。これらをお使いの場合は、もう一度お試しください。それ以外の場合は、いずれかのブラウザーでアプリケーションを開いてください。',
  },
  signingOut: {
    title: 'サインアウトしています',
    text: '画面が変わらない場合は、ボタンを押してください。',
  },
  notStarted: {
    title: 'サインインできませんでした',
    text: 'サインインサービスに接続できないか、要求が受け付けられませんでした。状態は変わっていません。1 分ほど待ってから、もう一度お試しください。それでも解決しない場合は、このアプリケーションの運営者に連絡してください。',
  },
  unavailable: {
    title: '現在ご利用になれません',
    text: 'このアプリケーションの一部が利用できません。状態は変わっておらず、サインインしていた場合はそのままです。1 分ほど待ってから、もう一度お試しください。',
  },
  badLink: {
    title: 'このリンクは使用できません',
    text: 'リンクが不完全であるか、変更されています。アプリケーションに戻り、そこからやり直してください。',
  },
  notFromHere: {
    title: '実行されませんでした',
    text: 'この要求はこのアプリケーションから送信されたものではありません。アプリケーションに戻り、もう一度お試しください。',
  },
  nothingHere: {
    title: 'ページがありません',
    text: 'このアドレスに該当するページはありません。',
  },
  ourFault: {
    title: '問題が発生しました',
    text: 'アプリケーション側の問題です。もう一度お試しください。再び発生する場合は、下の番号を運営者に伝えてください。',
  },
};

const languages = { en, de, fr, es, ja };

export type Language = keyof typeof languages;

export const sentences = (language: Language): Sentences => languages[language];

/** The language that the browser likes best of those that are spoken here (RFC 9110 section 12.5.4); English otherwise. */
export function languageFor(acceptLanguage = ''): Language {
  const wanted = acceptLanguage
    .split(',', mostRanges)
    .map((range) => {
      const [tag = '', ...parameters] = range
        .toLowerCase()
        .split(';')
        .map((part) => part.trim());
      const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
      return { language: tag.split('-')[0] ?? '', weight: Number(weight) || 0 };
    })
    .filter(({ language, weight }) => weight > 0 && Object.hasOwn(languages, language))
    .toSorted((one, other) => other.weight - one.weight);
  return (wanted[0]?.language ?? 'en') as Language;
}

/** Nobody reads more languages, and the header may hold anything. */
const mostRanges = 20;
