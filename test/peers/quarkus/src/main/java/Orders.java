import io.quarkus.security.Authenticated;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.SecurityContext;

@Path("/orders/{id: .*}")
@Authenticated
public class Orders {
  @GET
  public String who(@Context SecurityContext caller) {
    return caller.getUserPrincipal().getName();
  }
}
