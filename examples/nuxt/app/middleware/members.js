export default defineNuxtRouteMiddleware(async (to) => {
  const { $bff: bff } = useNuxtApp();
  const { authenticated } = await bff.session();
  if (authenticated) return;
  if (to.query.login_error) return abortNavigation('Signing in failed');
  return navigateTo(bff.loginUrl({ returnTo: to.fullPath }), { external: true });
});
